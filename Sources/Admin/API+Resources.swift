import MicroHTTPD

/// The one list of what there is.
extension API {
    static let resources: [Resource] =
        [
            Resource(segments: Resource.segments("/api/v1/status"), parameters: ["pretty"]) {
                api, call throws(Problem) in api.status(call)
            },
            Resource(segments: Resource.segments("/api/v1/agents"), parameters: ["pretty"]) {
                api, call throws(Problem) in api.agents(call)
            },
            Resource(
                segments: Resource.segments("/api/v1/agents/{name}"), parameters: ["pretty"],
                get: { api, call throws(Problem) in try api.agent(call) },
                patch: { api, call throws(Problem) in try await api.patchAgent(call) }),
            Resource(
                segments: Resource.segments("/api/v1/agents/{name}/sockets"),
                parameters: ["pretty", "state", "limit", "after"]
            ) { api, call throws(Problem) in try await api.sockets(call) },
            Resource(
                segments: Resource.segments("/api/v1/history"), parameters: ["pretty", "agent", "window", "step"]
            ) { api, call throws(Problem) in try api.history(call) },
            Resource(
                segments: Resource.segments("/api/v1/events"), produces: ["text/event-stream"], parameters: ["types"],
                isHeld: true
            ) { api, call throws(Problem) in try api.eventStream(call) },
            Resource(segments: Resource.segments("/healthz"), parameters: ["pretty"]) { api, call throws(Problem) in
                api.json(["status": "ok"], call)
            },
            Resource(segments: Resource.segments("/readyz"), parameters: ["pretty"]) { api, call throws(Problem) in
                try api.ready(call)
            },
            Resource(segments: Resource.segments("/metrics"), produces: []) { api, call throws(Problem) in
                try api.metrics(call)
            },
        ]
        + Page.files.map { file in
            Resource(segments: Resource.segments(file.path), produces: []) { _, call throws(Problem) in
                file.response(to: call.request)
            }
        }
}
