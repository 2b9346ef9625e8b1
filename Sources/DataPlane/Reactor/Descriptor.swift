/// A socket as the kernel knows it.
struct Descriptor: Hashable, Sendable {
    let rawValue: Int32
}
