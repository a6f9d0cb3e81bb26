extension [Variable] {
    /// With `***` in place of the values of secret ones, for pages and lists.
    package func masking(_ secrets: some Collection<String>) -> [Variable] {
        guard !secrets.isEmpty else { return self }
        return map { secrets.contains($0.name) ? Variable($0.name, "***") : $0 }
    }
}
