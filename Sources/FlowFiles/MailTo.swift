import Flows

/// The value of a crontab's MAILTO: addresses with commas between, crontab(5).
package struct MailTo {
    /// Empty for an empty value, and where one of them is none.
    package let addresses: [String]
    /// What is wrong with the first that is none.
    package let fault: String?

    package init(_ value: String) {
        let parts = value.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        let isTooMany = parts.count > Limit.mailAddresses
        fault =
            isTooMany
            ? "it names more than \(Limit.mailAddresses) addresses"
            : parts.lazy.compactMap { MailAddress.fault($0) }.first
        addresses = fault == nil ? parts : []
    }
}
