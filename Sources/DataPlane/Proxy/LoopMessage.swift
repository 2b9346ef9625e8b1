/// What one loop tells another.
enum LoopMessage: Sendable {
    /// For the other loop's part of an agent.
    case agent(AgentID, AgentMessage)
    /// To be served there.
    case client(AcceptedClient)
}
