import Glibc

/// Finding bytes among bytes, quickly in debug builds too, where a loop over an array is not.
public enum ByteSearch {
    /// Returns where `wanted` first begins in `bytes`, looking from `start` on.
    public static func first(_ wanted: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard let firstByte = wanted.first else { return start }
        return bytes.withUnsafeBytes { bytes in
            var next = start
            while next + wanted.count <= bytes.count, let base = bytes.baseAddress {
                // Both calls stay inside: at least `wanted.count` bytes follow each place that is compared.
                guard let found = memchr(base + next, Int32(firstByte), bytes.count - wanted.count + 1 - next) else {
                    return nil
                }
                next = base.distance(to: found)
                if memcmp(found, wanted, wanted.count) == 0 { return next }
                next += 1
            }
            return nil
        }
    }
}
