import Control

/// What Prometheus has to be told to scrape one deployment.
enum ScrapeConfiguration {
    /// A configuration of Prometheus that has nothing but the scraping.
    ///
    /// - Throws: That Prometheus cannot reach it.
    static func text(_ deployment: Deployment, job: String) throws(SettingFault) -> String {
        guard case .tcp = deployment.admin.address else {
            throw SettingFault("Prometheus cannot scrape a Unix socket: give admin.listen a host and a port")
        }
        var lines = [
            "# Lets Prometheus scrape Sluice. It is a whole configuration; in one that you have, the entry goes below",
            "# its scrape_configs. The target is the admin server as its own machine sees it: from another one, use",
            "# the name that it has there.",
        ]
        if deployment.isKnown { lines.append("# Agents: \(deployment.names.joined(separator: ", ")).") }
        lines += [
            "scrape_configs:",
            "  - job_name: \(YAMLWord.text(job))",
            "    scrape_interval: 15s",
            "    scheme: \(deployment.admin.isTLS ? "https" : "http")",
        ]
        if deployment.hasToken {
            lines += [
                "    authorization:",
                "      # The token for reading; only Prometheus' user should be able to read the file.",
                "      credentials_file: /etc/prometheus/sluice-read-token",
            ]
        }
        if deployment.admin.isTLS {
            lines += [
                "    tls_config:", "      # The certificate of the authority that signed the admin server's.",
                "      ca_file: /etc/prometheus/sluice-ca.pem",
            ]
            if deployment.configuration.admin.tls?.clientCAFile != nil {
                lines += [
                    "      cert_file: /etc/prometheus/sluice-client.pem",
                    "      key_file: /etc/prometheus/sluice-client.key",
                ]
            }
        }
        lines += ["    static_configs:", "      - targets: [\"\(deployment.admin.address)\"]"]
        return lines.joined(separator: "\n")
    }
}
