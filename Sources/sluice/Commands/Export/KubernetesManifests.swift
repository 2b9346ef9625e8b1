import Control

/// What runs one deployment in Kubernetes: as a gateway of its own, or beside an application in its pod.
struct KubernetesManifests {
    /// The parts that can be asked for.
    enum Kind: String, CaseIterable, Sendable {
        case all, gateway, sidecar
    }

    // The admin server must be reached by the kubelet's probes and by Prometheus, so it is not on loopback; both tokens
    // protect it, and /healthz and /readyz alone need none.
    private static let adminPort: UInt16 = 1986

    let deployment: Deployment
    /// The name of all that is made; a label (RFC 1123).
    let name: String
    /// The container image that has the program at `sluice`.
    let image: String
    /// For reading and for changing.
    let tokens: (read: String, change: String)

    /// The documents.
    func text(_ kind: Kind) -> String {
        var documents = [configMap, secret]
        if kind != .sidecar { documents += [gateway, service] }
        if kind != .gateway { documents.append(sidecar) }
        return header(kind) + documents.joined(separator: "\n---\n")
    }

    private func header(_ kind: Kind) -> String {
        """
        # Runs Sluice in Kubernetes: kubectl apply -f FILE
        # \(kind == .sidecar ? "" : "The gateway is a Deployment with a Service. ")\
        \(kind == .gateway ? "" : "The side-car is an example of a pod that has it beside its application.")
        # The image is one whose entry point is the program.
        # The Secret's tokens were made at random for this file: keep it out of version control, or make your own.
        # The ConfigMap is watched: a change of it is in force within about a minute, without a restart.

        """
    }

    private var configMap: String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: \(name)
          labels: {app.kubernetes.io/name: \(name)}
        data:
          sluice.yaml: |
            watch: on
        \(indented(ConfigurationText(deployment.configuration).lines, by: 4))
        """
    }

    private var secret: String {
        """
        apiVersion: v1
        kind: Secret
        metadata:
          name: \(name)-tokens
          labels: {app.kubernetes.io/name: \(name)}
        type: Opaque
        stringData:
          read: "\(tokens.read)"
          change: "\(tokens.change)"
        """
    }

    private var gateway: String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
          labels: {app.kubernetes.io/name: \(name)}
        spec:
          replicas: 2
          selector:
            matchLabels: {app.kubernetes.io/name: \(name), app.kubernetes.io/component: gateway}
          template:
        \(podHead(component: "gateway"))
            spec:
        \(podSettings)
              containers:
        \(container(listen: "0.0.0.0:\(proxyPort)"))
        \(volumes)
        """
    }

    private var sidecar: String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)-sidecar-example
          labels: {app.kubernetes.io/name: \(name)}
        spec:
          replicas: 1
          selector:
            matchLabels: {app.kubernetes.io/name: \(name), app.kubernetes.io/component: sidecar}
          template:
        \(podHead(component: "sidecar"))
            spec:
        \(podSettings)
              containers:
                # Your application: it reaches its upstreams through the side-car, which only this pod can reach.
                - name: application
                  image: registry.example/application:1
                  env:
                    - {name: UPSTREAM_URL, value: "http://127.0.0.1:\(proxyPort)"}
        \(container(listen: "127.0.0.1:\(proxyPort)"))
        \(volumes)
        """
    }

    private var service: String {
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: \(name)
          labels: {app.kubernetes.io/name: \(name)}
        spec:
          # The admin server is left out: kubectl port-forward deployment/\(name) \(Self.adminPort) reaches it.
          selector: {app.kubernetes.io/name: \(name), app.kubernetes.io/component: gateway}
          ports:
            - {name: http, port: 80, targetPort: proxy}
        """
    }

    /// The port of the first listener that has one.
    private var proxyPort: UInt16 {
        for case .tcp(_, let port) in deployment.configuration.listen where port >= 1024 && port != Self.adminPort {
            return port
        }
        return 1985
    }

    private func indented(_ lines: [String], by count: Int) -> String {
        lines.map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}

// Parts of a pod.
extension KubernetesManifests {
    private func podHead(component: String) -> String {
        """
            metadata:
              labels: {app.kubernetes.io/name: \(name), app.kubernetes.io/component: \(component)}
              annotations:
                # Prometheus needs the token for reading as well: "sluice export prometheus-scrape" shows how.
                prometheus.io/scrape: "true"
                prometheus.io/port: "\(Self.adminPort)"
                prometheus.io/path: /metrics
        """
    }

    private var podSettings: String {
        // A pod that ends is taken out of the Service while it drains.
        let seconds = Int(deployment.configuration.grace.seconds.rounded(.up)) + 10
        return """
                  terminationGracePeriodSeconds: \(seconds)
                  automountServiceAccountToken: false
                  enableServiceLinks: false
            """
    }

    private func container(listen: String) -> String {
        """
                - name: sluice
                  image: \(image)
                  args: [serve, --config, /etc/sluice/sluice.yaml]
                  env:
                    - {name: SLUICE_LISTEN, value: "\(listen)"}
                    - {name: SLUICE_ADMIN, value: "0.0.0.0:\(Self.adminPort)"}
                    - name: SLUICE_READ_TOKEN
                      valueFrom: {secretKeyRef: {name: \(name)-tokens, key: read}}
                    - name: SLUICE_CHANGE_TOKEN
                      valueFrom: {secretKeyRef: {name: \(name)-tokens, key: change}}
                  ports:
                    - {name: proxy, containerPort: \(proxyPort)}
                    - {name: admin, containerPort: \(Self.adminPort)}
                  livenessProbe:
                    httpGet: {path: /healthz, port: admin}
                    periodSeconds: 10
                  readinessProbe:
                    httpGet: {path: /readyz, port: admin}
                    periodSeconds: 2
                  # Requests still come for a moment after the pod was taken out of its Service.
                  lifecycle:
                    preStop: {exec: {command: [sleep, "3"]}}
                  resources:
                    requests: {cpu: 100m, memory: 64Mi}
                    limits: {memory: 256Mi}
                  securityContext:
                    runAsNonRoot: true
                    runAsUser: 65532
                    readOnlyRootFilesystem: true
                    allowPrivilegeEscalation: false
                    capabilities: {drop: [ALL]}
                    seccompProfile: {type: RuntimeDefault}
                  # A folder and not a single file, so that a change of the ConfigMap reaches it.
                  volumeMounts:
                    - {name: configuration, mountPath: /etc/sluice, readOnly: true}
        """
    }

    private var volumes: String {
        """
              volumes:
                - name: configuration
                  configMap: {name: \(name)}
        """
    }
}
