import MicroHTTPD

/// The one list of what there is.
extension API {
    static let resources: [Resource] =
        processResources + agentResources + insightResources + socketResources + configurationResources
        + Page.files.map { file in
            Resource(segments: Resource.segments(file.path), produces: []) { _, call throws(Problem) in
                file.response(to: call.request)
            }
        }

    private static let processResources = [
        Resource(segments: Resource.segments("/api/v1/status"), parameters: ["pretty"]) {
            api, call throws(Problem) in api.status(call)
        },
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

    private static let agentResources = [
        Resource(
            segments: Resource.segments("/api/v1/agents"), parameters: ["pretty"],
            get: { api, call throws(Problem) in api.agents(call) },
            changes: [.post: .json { api, call throws(Problem) in try await api.addAgent(call) }]),
        Resource(
            segments: Resource.segments("/api/v1/agents/{name}"), parameters: ["pretty"], isAlwaysSent: true,
            get: { api, call throws(Problem) in try api.agent(call) },
            changes: [
                .patch: .init(accepts: patchTypes, needsBody: true) { api, call throws(Problem) in
                    try await api.patchAgent(call)
                },
                .delete: .init { api, call throws(Problem) in try await api.deleteAgent(call) },
            ]),
        Resource(
            action: Resource.segments("/api/v1/agents/{name}/drain"),
            state: { api, call throws(Problem) in try api.agent(call) },
            post: { api, call throws(Problem) in try await api.drain(call) }),
        Resource(
            action: Resource.segments("/api/v1/agents/{name}/resume"),
            state: { api, call throws(Problem) in try api.agent(call) },
            post: { api, call throws(Problem) in try await api.resume(call) }),
    ]

    private static let insightResources = [
        Resource(segments: Resource.segments("/api/v1/agents/{name}/comparison"), parameters: ["pretty"]) {
            api, call throws(Problem) in try api.comparison(call)
        },
        Resource(segments: Resource.segments("/api/v1/agents/{name}/advice"), parameters: ["pretty"]) {
            api, call throws(Problem) in try api.advice(call)
        },
    ]

    private static let socketResources = [
        Resource(
            segments: Resource.segments("/api/v1/agents/{name}/sockets"),
            parameters: ["pretty", "state", "limit", "after"],
            get: { api, call throws(Problem) in try await api.sockets(call) },
            changes: [
                .delete: .init(parameters: ["pretty", "state"]) { api, call throws(Problem) in
                    try await api.closeSockets(call)
                }
            ]),
        Resource(
            segments: Resource.segments("/api/v1/agents/{name}/sockets/{id}"), parameters: ["pretty"],
            get: { api, call throws(Problem) in try await api.socket(call) },
            changes: [.delete: .init { api, call throws(Problem) in try await api.closeSocket(call) }]),
    ]

    private static let configurationResources = [
        Resource(
            segments: Resource.segments("/api/v1/routes"), parameters: ["pretty"],
            get: { api, call throws(Problem) in api.routes(call) },
            changes: [.put: .json { api, call throws(Problem) in try await api.putRoutes(call) }]),
        Resource(
            segments: Resource.segments("/api/v1/config"), parameters: ["pretty"],
            get: { api, call throws(Problem) in api.configuration(call) },
            changes: [.put: .json { api, call throws(Problem) in try await api.putConfiguration(call) }]),
        Resource(
            action: Resource.segments("/api/v1/config/reload"),
            state: { api, call throws(Problem) in api.configuration(call) },
            post: { api, call throws(Problem) in try await api.reload(call) }),
    ]
}

extension Resource.Operation {
    /// One whose body must be JSON.
    fileprivate static func json(_ handler: @escaping Resource.Handler) -> Resource.Operation {
        Resource.Operation(accepts: ["application/json"], needsBody: true, handler: handler)
    }
}
