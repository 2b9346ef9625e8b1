import Control
import MicroHTTPD

/// The routing table, as a whole.
extension API {
    private static let example = #"{"routes": [{"prefix": "/", "agent": "default"}]}"#

    /// All routes in order.
    func routes(_ call: Call) -> Response {
        let state = control.state
        let routes = state.configuration.routes.map { JSONValue(SettingValue.object($0.tree)) }
        return json(["routes": .list(routes)], call, fields: [("ETag", routesTag(state.routesVersion))])
    }

    /// Puts others in their place.
    func putRoutes(_ call: Call) async throws(Problem) -> Response {
        let routes = try Self.routes(in: try call.members(example: Self.example))
        do throws(ControlError) {
            let change = try await control.change { state throws(ControlError) in
                guard call.preconditions.allowChange(of: routesTag(state.routesVersion)) else {
                    throw .versionMismatch(current: state.routesVersion)
                }
                var configuration = state.configuration
                configuration.routes = routes
                return configuration
            }
            changes.announce(change, by: call.request.client)
        } catch {
            throw Problem(error, type: "invalid-routes", tag: routesTag)
        }
        return self.routes(call)
    }

    private func routesTag(_ version: UInt64) -> String { tag("routes-\(version)") }

    /// The routes of a body; throws all that is wrong with each of them.
    private static func routes(in members: [String: JSONValue]) throws(Problem) -> [Route] {
        var faults: [Problem.Fault] = []
        func report(_ names: [String], _ detail: String) {
            faults.append(Problem.Fault(place: .pointer(JSONPointer.text(names)), detail: detail))
        }
        var values: [JSONValue] = []
        switch members["routes"] {
        case .list(let list): values = list
        case nil: report(["routes"], "is missing; must be a list of routes")
        default: report(["routes"], "must be a list of routes")
        }
        for name in members.keys.sorted() where name != "routes" { report([name], "is unknown; there is routes") }
        var routes: [Route] = []
        for (index, value) in values.enumerated() {
            var route = Route(prefix: "", agent: "")
            for (names, detail) in read(value, into: &route) { report(["routes", "\(index)"] + names, detail) }
            routes.append(route)
        }
        guard faults.isEmpty else { throw .invalidSettings(faults, type: "invalid-routes") }
        return routes
    }

    /// Reads one route; the result is what is wrong with it.
    private static func read(_ value: JSONValue, into route: inout Route) -> [(names: [String], detail: String)] {
        guard case .object(let members) = value else {
            return [([], "must be an object such as {\"prefix\": \"/\", \"agent\": \"default\"}")]
        }
        var faults: [(names: [String], detail: String)] = []
        for name in members.keys.sorted() where !RouteMembers.names.contains(name) {
            faults.append(([name], "is unknown; there are \(RouteMembers.names.joined(separator: ", "))"))
        }
        for name in RouteMembers.names {
            guard let value = members[name] else { continue }
            do throws(SettingFault) {
                try RouteMembers.set(name, of: &route, to: SettingValue(value))
            } catch {
                faults.append(([name], error.message))
            }
        }
        if members["prefix"] == nil { faults.append((["prefix"], "is missing; must be a path such as /")) }
        if members["agent"] == nil { faults.append((["agent"], "is missing; must be the name of an agent")) }
        return faults
    }
}
