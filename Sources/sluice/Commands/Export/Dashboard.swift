import Control

/// The Grafana dashboard of `public/`, for one deployment.
enum Dashboard {
    /// The dashboard's JSON: its list of agents holds those in use, and its title names them.
    static func text(_ deployment: Deployment) -> String {
        guard let pattern = deployment.namePattern, let dashboard = APIValue(json: ExportedFile.dashboard.bytes) else {
            return ExportedFile.dashboard.text
        }
        var members = dashboard.members
        var templating = dashboard.templating.members
        templating["list"] = .list(
            dashboard.templating.list.elements.map { variable in
                guard variable.name.string == "agent" else { return variable.value }
                var members = variable.members
                members["regex"] = .string("/^(\(pattern))$/")
                return .object(members)
            })
        members["templating"] = .object(templating)
        members["title"] = .string("Sluice: \(deployment.names.joined(separator: ", "))")
        return APIValue(.object(members)).json(pretty: true)
    }
}
