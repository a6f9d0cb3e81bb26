/// Looks at the fields of an expression as they are written.
struct CronLint {
    let text: CronText
    let spans: [Range<Int>]
    let fields: [CronField]
    let lists: [CronFieldList]

    /// `nil` for what has no fields, and for what is no expression.
    init?(_ text: String) {
        guard let expression = try? CronExpression(text), !expression.lists.isEmpty else {
            return nil
        }
        self.text = CronText(text)
        var parser = CronParser(text)
        guard let spans = try? parser.spans(), spans.count >= 5 else { return nil }
        self.spans = spans
        fields = CronParser.fields(spans.count)
        lists = Array(spans.count == 5 ? expression.lists.dropFirst() : expression.lists[...])
    }

    var remarks: [CronRemark] {
        let steps = zip(fields, lists).map { step($0, $1) }
        return ([order, weekdayNumbers, days, shortMonths] + steps).compactMap(\.self)
            .sorted { ($0.column, $0.message) < ($1.column, $1.message) }
    }

    // MARK: places

    func written(_ field: CronField) -> String {
        fields.firstIndex(of: field).map { text.string(spans[$0]) } ?? ""
    }

    func list(_ field: CronField) -> CronFieldList {
        fields.firstIndex(of: field).map { lists[$0] } ?? .zero
    }

    /// The whole, with another text for some fields.
    func written(with others: [CronField: String]) -> String {
        zip(fields, spans).map { others[$0] ?? text.string($1) }.joined(separator: " ")
    }

    func remark(
        _ severity: CronRemark.Severity,
        _ field: CronField,
        _ message: String,
        hint: String?
    ) -> CronRemark? {
        guard let index = fields.firstIndex(of: field) else { return nil }
        let place = text.error("", "", at: spans[index])
        return CronRemark(
            severity,
            "\(field.name): \(message)",
            hint: hint,
            column: place.column,
            length: place.length
        )
    }

    /// Neither `*` nor `?` nor another way to say so.
    func isRestricted(_ field: CronField) -> Bool {
        guard let values = values(field) else { return true }
        let isWeekday = field == .dayOfWeek
        return Set(values.map { isWeekday ? $0 % 7 : $0 }).count < field.range.count
            - (isWeekday ? 1 : 0)
    }

    /// The plain values of a field; `nil` where it has others.
    func values(_ field: CronField) -> Set<Int>? {
        var found: Set<Int> = []
        for term in list(field).terms {
            switch term {
            case .all(let step):
                found.formUnion(
                    stride(from: field.range.lowerBound, through: field.range.upperBound, by: step)
                )
            case .range(let range, let step):
                found.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
            default: return nil
            }
        }
        return found
    }
}
