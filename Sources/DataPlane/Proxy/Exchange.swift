import Control

/// One request and its answer: what is known of it while it is under way.
struct Exchange<K: Kernel> {
    /// The configuration that serves it: the one in force when the head was whole, and until then when it began.
    var setup: Setup<K>
    /// When the first byte of the head came.
    let began: Instant
    var method = Method.get
    /// Of the client's HTTP version.
    var clientMinor: UInt8 = 1
    /// Whether the client may send more requests behind this one, since it did not say that it will not.
    var clientGoesOn = true
    /// Whether the client's connection may go on afterwards.
    var keepAlive = false
    var agent: Agent<K>?
    var leased: SocketID?
    /// The mode that was drawn for it: whether it has a socket of its own.
    var mode = AgentMode.keepalive
    /// The place in the agent's queue, while it waits for a socket; and since when it does.
    var ticket: Ticket?
    var queuedAt = Instant.never
    /// When the socket that was opened for it began to connect.
    var openedAt = Instant.never
    /// When something last went to the upstream or came from it, or from the client for it.
    var lastActivity: Instant
    /// When the socket began to be this exchange's.
    var attachedAt: Instant
    var isReused = false
    /// Whether the upstream was told that the socket's first request is its last.
    var saysClose = false
    var wasRetried = false
    /// The protocols that the client may go on with if the upstream takes one.
    var upgrades: UpgradeSet = []

    /// The request's body as it passes.
    var upload = BodyReader(.none)
    /// When the client last sent some of it.
    var lastUpload: Instant
    /// Whether the client waits for 100 Continue, until its body begins to come.
    var expectsContinue = false
    /// Whether it was told so here, because the upstream kept silent.
    var saidContinue = false
    /// How many bytes at the front of the client's input belong to the body and wait to be sent.
    var uploadReady = 0
    /// How much of the kept request was sent.
    var requestSent = 0
    /// Whether all that was sent upstream is still kept.
    var isReplayable = true
    /// The upstream takes no more of the request; its answer may still come.
    var isUploadBroken: Bool { uploadError != nil }
    /// What sending it failed with.
    var uploadError: SystemError?

    /// Interim responses that came.
    var interimCount = 0
    /// More than this many are no answer but a way to hold a socket.
    static var interimsMax: Int { 256 }

    /// The status that the client was sent; zero before.
    var status: UInt16 = 0
    /// Whether the end of the client's connection is the end of the response.
    var endsByClosing = false
    /// When the half-closed client is asked for a sign of life.
    var probeAt = Instant.never

    /// An exchange whose head began to come at `began`.
    init(setup: Setup<K>, began: Instant) {
        self.setup = setup
        self.began = began
        lastActivity = began
        attachedAt = began
        lastUpload = began
    }
}
