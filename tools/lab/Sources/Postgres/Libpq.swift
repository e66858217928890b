// The functions of PostgreSQL's client library that are used, found when the first is needed: so the lab builds, and runs
// without a database, where there is no libpq.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct Libpq: Sendable {
    typealias Text = UnsafePointer<CChar>

    let connect: @convention(c) (Text) -> OpaquePointer?
    let status: @convention(c) (OpaquePointer) -> CInt
    let errorMessage: @convention(c) (OpaquePointer) -> Text
    let finish: @convention(c) (OpaquePointer) -> Void
    /// Connection, command, count of parameters, their types, values, lengths and formats, format of the result.
    let execute:
        @convention(c) (
            OpaquePointer, Text, CInt, UnsafeRawPointer?, UnsafePointer<Text?>?, UnsafeRawPointer?, UnsafeRawPointer?,
            CInt
        ) -> OpaquePointer?
    let resultStatus: @convention(c) (OpaquePointer?) -> CInt
    let rows: @convention(c) (OpaquePointer) -> CInt
    let columns: @convention(c) (OpaquePointer) -> CInt
    let isNull: @convention(c) (OpaquePointer, CInt, CInt) -> CInt
    let value: @convention(c) (OpaquePointer, CInt, CInt) -> Text
    let clear: @convention(c) (OpaquePointer?) -> Void
    let setNoticeProcessor:
        @convention(c) (
            OpaquePointer, @convention(c) (UnsafeMutableRawPointer?, Text?) -> Void, UnsafeMutableRawPointer?
        ) -> UnsafeRawPointer?

    /// Its constants, which never change.
    static let connectionIsUp: CInt = 0
    static let commandDone: CInt = 1
    static let rowsReturned: CInt = 2

    static let loaded = Result { () throws(PostgresError) in try Libpq() }

    private init() throws(PostgresError) {
        guard let library = dlopen("libpq.so.5", RTLD_NOW) else {
            throw PostgresError(code: .libraryMissing, message: String(cString: dlerror()))
        }
        func function<Function>(_ name: String) throws(PostgresError) -> Function {
            guard let address = dlsym(library, name) else {
                throw PostgresError(code: .libraryMissing, message: "\(name) is not in it")
            }
            // Safe: these are the library's documented signatures, unchanged since PostgreSQL 7.4.
            return unsafeBitCast(address, to: Function.self)
        }
        connect = try function("PQconnectdb")
        status = try function("PQstatus")
        errorMessage = try function("PQerrorMessage")
        finish = try function("PQfinish")
        execute = try function("PQexecParams")
        resultStatus = try function("PQresultStatus")
        rows = try function("PQntuples")
        columns = try function("PQnfields")
        isNull = try function("PQgetisnull")
        value = try function("PQgetvalue")
        clear = try function("PQclear")
        setNoticeProcessor = try function("PQsetNoticeProcessor")
    }
}
