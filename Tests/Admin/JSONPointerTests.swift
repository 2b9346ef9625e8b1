import Control
import Testing

@testable import Admin

@Suite struct JSONPointerTests {
    private static let tree = SettingValue.object([
        "agents": .object([
            "a": .object(["maxSockets": .number(1)]), "a.b": .object(["x.y": .null]), "a.b.mode": .object([:]),
        ]),
        "routes": .list([.object(["pre.fix": .null])]), "client": .object([:]), "": .null, "x[0]": .null,
    ])

    @Test(
        "a path leads through what is there",
        arguments: [
            ("", ""), ("agents", "/agents"), ("agents.a", "/agents/a"), ("agents.a.maxSockets", "/agents/a/maxSockets"),
            ("agents.a.b.x.y", "/agents/a.b/x.y"), ("agents.a.b.maxSockets", "/agents/a.b/maxSockets"),
            ("agents.a.b.mode.mode", "/agents/a.b.mode/mode"), ("agents.a.b.mode", "/agents/a.b.mode"),
            ("agents.a.upstream", "/agents/a/upstream"), ("routes[0].pre.fix", "/routes/0/pre.fix"),
            ("routes[0].agent", "/routes/0/agent"), ("routes[7]", "/routes/7"), ("client.a/b~c", "/client/a~1b~0c"),
            ("x[0]", "/x[0]"), ("listen[1]", "/listen/1"), ("admin.tls.keyFile", "/admin/tls/keyFile"),
        ])
    func inTree(path: String, pointer: String) {
        #expect(JSONPointer.text(ofPath: path, in: Self.tree) == pointer)
    }

    @Test(
        "without what it leads through, a setting's name at its end decides",
        arguments: [
            ("agents.a.b.maxSockets", "/agents/a.b/maxSockets"), ("agents.k.maxSockets", "/agents/k/maxSockets"),
            ("agents.k.bogus", "/agents/k/bogus"), ("agents.k", "/agents/k"), ("routes[2].agent", "/routes/2/agent"),
            ("client.headTimeout", "/client/headTimeout"), ("via", "/via"), ("routes[", "/routes["), (".", "/"),
            ("a..b", "/a//b"), ("[x]", "/x"), ("[", "/["), ("[.]", "/."), ("a.[b", "/a/[b"), ("]", "/]"),
            ("a[0]b", "/a/0/b"),
        ])
    func alone(path: String, pointer: String) {
        #expect(JSONPointer.text(ofPath: path) == pointer)
    }
}
