// Images that a process loaded after its session began (dlopen): the session's own table does not have them, the
// kernel does.

extension SessionFile {
    /// Images that are mapped now and not in ``modules``. Their build IDs are not known.
    public func modulesLoadedLater() -> [LoadedModule] {
        guard isAlive else { return [] }
        let known = modules
        let process = ProcessFiles(processID: Int32(truncatingIfNeeded: layout.pid))
        var found: [String: LoadedModule] = [:]
        for mapping in process.mappings where mapping.path.hasPrefix("/") {
            guard !known.contains(where: { mapping.start >= $0.start && mapping.start < $0.end }) else { continue }
            if var module = found[mapping.path] {
                module.start = min(module.start, mapping.start)
                module.end = max(module.end, mapping.end)
                found[mapping.path] = module
            } else if mapping.fileOffset == 0 {
                // The first segment of a shared library begins at address 0 of the file.
                found[mapping.path] = LoadedModule(
                    path: mapping.path, buildID: [], loadBias: mapping.start, start: mapping.start, end: mapping.end)
            }
        }
        let executable = Set(process.mappings.filter(\.isExecutable).map(\.path))
        return found.values.filter { executable.contains($0.path) }.sorted { $0.start < $1.start }
    }
}
