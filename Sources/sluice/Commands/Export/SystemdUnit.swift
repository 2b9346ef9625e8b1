import Control

/// A unit of systemd that runs one deployment with as few rights as it needs.
struct SystemdUnit {
    // systemd itself kills what has not ended by then; a stop takes the grace, and a moment to close.
    private static let stopMargin = 5
    // Each client and each upstream socket takes one.
    private static let descriptorsMax = 65_536

    let deployment: Deployment
    /// The program's path.
    let binary: String
    /// The configuration file's path.
    let file: String

    /// The unit's text.
    var text: String {
        ([unit, service] + hardening + [folders, install]).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var unit: String {
        """
        # Runs Sluice as a service: save it as /etc/systemd/system/sluice.service, then
        #   systemctl daemon-reload && systemctl enable --now sluice
        # "systemctl reload sluice" has the configuration file read again; one with faults changes nothing.
        [Unit]
        Description=Sluice, a pooled HTTP/1.1 proxy\(agents)
        Documentation=\(deployment.admin)/
        After=network-online.target
        Wants=network-online.target

        """
    }

    private var agents: String {
        deployment.isKnown ? " (\(deployment.names.joined(separator: ", ")))" : ""
    }

    private var service: String {
        """
        [Service]
        Type=exec
        ExecStart=\(binary) serve --config \(file)
        ExecReload=/bin/kill -HUP $MAINPID
        # SLUICE_READ_TOKEN=… and SLUICE_CHANGE_TOKEN=…, one a line; owned by root with mode 0600: systemd reads it.
        EnvironmentFile=-/etc/sluice/environment
        Restart=on-failure
        # Wrong usage and a wrong configuration do not get better by trying again.
        RestartPreventExitStatus=64 78
        RestartSec=1s
        TimeoutStopSec=\(Int(deployment.configuration.grace.seconds.rounded(.up)) + Self.stopMargin)s
        LimitNOFILE=\(Self.descriptorsMax)

        """
    }

    private var hardening: [String] {
        let isLowPort = deployment.configuration.listen.contains { address in
            if case .tcp(_, let port) = address { (1..<1024).contains(port) } else { false }
        }
        let capabilities = isLowPort ? "CAP_NET_BIND_SERVICE" : ""
        return [
            """
            # A user of its own who owns nothing, and no rights but those to the network.
            DynamicUser=yes
            AmbientCapabilities=\(capabilities)
            CapabilityBoundingSet=\(capabilities)
            NoNewPrivileges=yes
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
            SystemCallArchitectures=native
            SystemCallFilter=@system-service
            SystemCallFilter=~@privileged
            SystemCallErrorNumber=EPERM
            """,
            """
            ProtectSystem=strict
            ProtectHome=yes
            PrivateTmp=yes
            PrivateDevices=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            ProtectProc=invisible
            LockPersonality=yes
            MemoryDenyWriteExecute=yes
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            RemoveIPC=yes
            UMask=0077
            """,
        ]
    }

    /// Where it may write: a folder for its Unix sockets and one for its access log.
    private var folders: String {
        var lines: [String] = []
        let addresses = deployment.configuration.listen + [deployment.configuration.admin.listen]
        let hasSockets = addresses.contains { if case .unix = $0 { true } else { false } }
        if hasSockets {
            lines += ["# /run/sluice, for Unix sockets.", "RuntimeDirectory=sluice", "RuntimeDirectoryMode=0755"]
        }
        if case .file = deployment.configuration.program.accessLog {
            lines += ["# /var/log/sluice, for the access log.", "LogsDirectory=sluice"]
        }
        return lines.joined(separator: "\n")
    }

    private var install: String {
        """

        [Install]
        WantedBy=multi-user.target
        """
    }
}
