// The demanglers that the process has anyway: Swift's in its runtime, C++'s in the C++ runtime under it.

import Glibc

enum Demangler {
    // The longest names in Foundation are under 3 KiB. A hostile file may hold longer ones; they stay as they are.
    private static let lengthMax = 16_384

    static func demangle(_ symbol: String) -> String? {
        guard symbol.utf8.count <= lengthMax else { return nil }
        if symbol.hasPrefix("$s") || symbol.hasPrefix("$S") || symbol.hasPrefix("_T0") || symbol.hasPrefix("$e") {
            return demangleSwift(symbol)
        }
        return symbol.hasPrefix("_Z") ? demangleCxx(symbol) : nil
    }

    private static func demangleSwift(_ symbol: String) -> String? {
        // Safe: with no output buffer the runtime returns a C string from malloc, or null.
        guard let text = swift_demangle(symbol, symbol.utf8.count, nil, nil, 0) else { return nil }
        defer { free(text) }
        let demangled = String(cString: text)
        return demangled == symbol ? nil : demangled
    }

    private static func demangleCxx(_ symbol: String) -> String? {
        guard let function = cxxDemangle else { return nil }
        var status: CInt = 0
        // Safe: the Itanium C++ ABI defines this signature; a null buffer asks for one from malloc.
        guard let text = function(symbol, nil, nil, &status) else { return nil }
        defer { free(text) }
        return status == 0 ? String(cString: text) : nil
    }

    private typealias CxxDemangle =
        @convention(c) (
            UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<CInt>?
        ) -> UnsafeMutablePointer<CChar>?

    // By dlsym: linking it would add the C++ runtime to static builds for the sake of a few names.
    private static let cxxDemangle: CxxDemangle? = dlsym(nil, "__cxa_demangle").map {
        // Safe: the symbol is the ABI's function of this type.
        unsafeBitCast($0, to: CxxDemangle.self)
    }
}

@_silgen_name("swift_demangle")
private func swift_demangle(
    _ name: UnsafePointer<CChar>, _ length: Int, _ output: UnsafeMutablePointer<CChar>?,
    _ outputSize: UnsafeMutablePointer<Int>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
