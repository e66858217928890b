// Where a file is, seen from the folder that a check is run in: a path in a CI server's checkout.

/// A source file as the compiler named it.
struct SourcePath {
    /// From the folder on, if it is in there; else as it was, without steps back.
    var path: String
    var isInFolder: Bool

    /// `folder`: an absolute path. `nil`: the compiler made that code, it is in no file.
    init?(_ file: String, in folder: String) {
        guard !file.isEmpty, !file.hasPrefix("<") else { return nil }
        let folderParts = Self.parts(folder)
        let parts = Self.parts(file)
        guard file.hasPrefix("/") else {
            path = parts.joined(separator: "/")
            isInFolder = false
            return
        }
        isInFolder = parts.starts(with: folderParts) && parts.count > folderParts.count
        path = isInFolder ? parts[folderParts.count...].joined(separator: "/") : "/" + parts.joined(separator: "/")
    }

    private static func parts(_ path: String) -> [String] {
        var parts: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !path.hasPrefix("/") {
                parts.append(String(part))
            }
        }
        return parts
    }

    /// For SARIF: relative, or with the scheme of files.
    var uri: String { (path.hasPrefix("/") ? "file://" : "") + Self.percentEncoded(path) }

    /// All but letters, digits, `-._~` and the slashes between.
    private static func percentEncoded(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return text
    }
}
