// A file that somebody wrote by hand and names in an option: its bytes, or a sentence.

import Glibc

enum SmallFile {
    /// Up to one byte more than `most`: whoever takes the bytes says what is wrong with too many.
    static func bytes(of path: String, option: String, most: Int) throws(Failure) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = errno == ENOENT ? "is not there" : "cannot be read: \(String(cString: strerror(errno)))"
            throw Failure(ExitStatus.noInput, "\(path) \(reason). \(option) takes the path of a file.")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(ExitStatus.noInput, "\(path) is no plain file. \(option) takes the path of one.")
        }
        guard let file = FileBytes(path: path) else {
            throw Failure(
                ExitStatus.noInput,
                "\(path) cannot be read: \(String(cString: strerror(errno))). See to its permissions.")
        }
        return file.bytes(at: 0, count: most + 1)
    }
}
