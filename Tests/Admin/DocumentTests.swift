import Control
import Testing

@testable import Admin

/// public/openapi.json beside what the server really has; Tests/OpenAPI/run holds its replies against it.
@Suite struct DocumentTests {
    private func document() async throws -> JSONValue {
        try JSONBody.decode(Array(await Harness().send("GET", "/openapi.json").text.utf8))
    }

    @Test("it is served as JSON, and has every resource with its methods and nothing else")
    func resources() async throws {
        let reply = await Harness().send("GET", "/openapi.json")
        #expect(reply.status == 200 && reply.field("Content-Type") == "application/json")
        let document = try await document()
        #expect(document["openapi"] == "3.1.0")
        var documented: [String: [String]] = [:]
        for path in document["paths"].names {
            let pattern = path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }
            documented["/" + pattern.joined(separator: "/")] = document["paths"][path].names
        }
        var there: [String: [String]] = [:]
        for resource in API.resources {
            let path = resource.segments.map { segment in
                if case .fixed(let text) = segment { "/\(text)" } else { "/{}" }
            }.joined()
            // The page and what belongs to it are no part of the API.
            if Page.files.contains(where: { $0.path == path }), path != "/openapi.json" { continue }
            let methods = (resource.get == nil ? [] : ["get"]) + resource.changes.keys.map { $0.rawValue.lowercased() }
            there[path] = methods.sorted()
        }
        #expect(documented == there)
    }

    @Test("what is read of the query is in it, by every method")
    func parameters() async throws {
        let document = try await document()
        for resource in API.resources {
            let pattern = resource.segments.map { segment in
                if case .fixed(let text) = segment { text } else { "{}" }
            }
            let path = document["paths"].names.first { path in
                path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) } == pattern
            }
            guard let path else { continue }
            func documented(_ method: String) -> [String] {
                document["paths"][path][method]["parameters"].values.compactMap { parameter in
                    if let reference = parameter["$ref"].text {
                        return reference.hasSuffix("/pretty") ? "pretty" : nil
                    }
                    return parameter["in"] == "query" ? parameter["name"].text : nil
                }
            }
            if resource.get != nil { #expect(documented("get").sorted() == resource.parameters.sorted(), "\(path)") }
            for (method, operation) in resource.changes {
                let name = method.rawValue.lowercased()
                #expect(documented(name).sorted() == operation.parameters.sorted(), "\(name) \(path)")
            }
        }
    }

    @Test(
        "it knows every setting of an agent, with the limits that are in force",
        arguments: AgentSettings.keys.map(\.name))
    func limits(name: String) async throws {
        let schemas = try await document()["components"]["schemas"]
        let key = try #require(AgentSettings.key(name))
        for schema in ["AgentSettings", "NewAgent", "AgentPatch"] {
            let property = schemas[schema]["properties"][name]
            let forms = [property] + property["anyOf"].values
            try #require(!property.names.isEmpty, "\(schema)")
            guard let form = forms.first(where: { $0["minimum"] != .null }) else { continue }
            let (least, most) = (try #require(form["minimum"].double), try #require(form["maximum"].double))
            var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1)))
            for value in [least, most] { try key.set(&settings, .number(value)) }
            for value in [least == 0 ? -1 : least / 2, most + 1] {
                #expect(throws: SettingFault.self) { try key.set(&settings, .number(value)) }
            }
        }
        #expect(!schemas["Agent"]["properties"][name].names.isEmpty)
    }

    @Test("every kind of change, of state and of reason of closing is in it")
    func words() async throws {
        let schemas = try await document()["components"]["schemas"]
        let kinds = schemas["ChangeEvent"]["properties"]["what"]["enum"].values.compactMap(\.text)
        #expect(kinds.allSatisfy { ChangeLog.What(rawValue: $0) != nil })
        let reasons = schemas["Totals"]["properties"]["closedBy"]["propertyNames"]["enum"].values.compactMap(\.text)
        #expect(reasons == CloseReason.allCases.map(\.name))
        #expect(schemas["State"]["enum"].values.compactMap(\.text) == AgentSnapshot.State.allCases.map(\.rawValue))
    }
}
