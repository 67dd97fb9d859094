extension RegistrationTime {
  /// Which of the first two numbers of `02/01/2006` is the day.
  public enum NumberOrder: Sendable, Hashable {
    /// The first; most of the world.
    case dayFirst
    /// The second; a few servers.
    case monthFirst
  }

  /// Longest text that is taken for a time, octets; longer ones are sentences.
  static let textOctetsMax = 100

  /// Reads a time as registries write it: RFC 3339, `2-jan-2006`, `2006.01.02 15:04:05`,
  /// `20060102150405`, `Mon Jan 2 15:04:05 2006`, `02/01/2006`, `before Jan-2006`.
  ///
  /// A zone is taken when it is an offset or a usual abbreviation; otherwise times are UTC.
  ///
  /// - Parameter order: of day and month, when only numbers are written and the year is last.
  /// - Returns: nil when there is no date in the text.
  public static func parse(
    _ text: String, order: NumberOrder = .dayFirst
  ) -> RegistrationTime? {
    guard text.utf8.count <= textOctetsMax else { return nil }
    var tokens = TimeToken.tokens(of: text)
    let clock = ClockTime.take(from: &tokens)
    guard let date = WrittenDate.read(tokens, order: order) else { return nil }
    guard let day = CivilCalendar.day(year: date.year, month: date.month, day: date.day) else {
      return nil
    }
    let ofDay = clock?.seconds ?? date.secondsOfDay
    let precision: Precision =
      ofDay != nil ? .second : date.isMonth ? .month : .day
    return RegistrationTime(
      seconds: day * 86_400 + Int64(ofDay ?? 0), precision: precision,
      text: text.trimmedText)
  }
}

/// A run of digits or of letters in a time.
struct TimeToken {
  /// In lower case.
  let text: String
  /// The value of up to four digits; nil for letters and longer runs.
  let number: Int?
  let isDigits: Bool
  /// The scalar before it; a blank at the start.
  let before: Unicode.Scalar

  static func tokens(of text: String) -> [TimeToken] {
    var tokens: [TimeToken] = []
    var run = String.UnicodeScalarView()
    var before: Unicode.Scalar = " "
    var last: Unicode.Scalar = " "
    func finish() {
      guard let first = run.first else { return }
      let isDigits = isDigit(first)
      let text = String(run).lowercased()
      let number = isDigits && run.count <= 4 ? Int(text) : nil
      tokens.append(TimeToken(text: text, number: number, isDigits: isDigits, before: before))
      run = String.UnicodeScalarView()
    }
    for scalar in text.unicodeScalars {
      let isPart = isDigit(scalar) || scalar.properties.isAlphabetic
      if let first = run.first, !isPart || isDigit(first) != isDigit(scalar) { finish() }
      if isPart {
        if run.isEmpty { before = last }
        run.append(scalar)
      }
      last = scalar
    }
    finish()
    return tokens
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }
}

/// `15:04`, `15:04:05`, `15:04:05.123`, each with an offset or the name of a zone.
struct ClockTime {
  /// Since midnight UTC of the day as written; may be negative or beyond a day.
  let seconds: Int

  /// Finds the time of day and removes its tokens.
  static func take(from tokens: inout [TimeToken]) -> ClockTime? {
    for index in tokens.indices.dropLast() where tokens[index + 1].before == ":" {
      guard let hour = tokens[index].number, let minute = tokens[index + 1].number,
        hour <= 24, minute < 60
      else { continue }
      var end = index + 2
      var second = 0
      if end < tokens.count, tokens[end].before == ":", let value = tokens[end].number {
        second = min(value, 59)
        end += 1
        if end < tokens.count, tokens[end].before == ".", tokens[end].isDigits { end += 1 }
      }
      let offset = takeOffset(tokens, &end)
      tokens.removeSubrange(index..<end)
      return ClockTime(seconds: hour * 3_600 + minute * 60 + second - offset)
    }
    return nil
  }

  /// Seconds east of UTC.
  private static func takeOffset(_ tokens: [TimeToken], _ end: inout Int) -> Int {
    guard end < tokens.count else { return 0 }
    let token = tokens[end]
    if let minutes = zones[token.text] {
      end += 1
      return minutes * 60
    }
    guard token.before == "+" || token.before == "-", let value = token.number,
      token.text.utf8.count == 2 || token.text.utf8.count == 4
    else { return 0 }
    end += 1
    var minutes = token.text.utf8.count == 4 ? value / 100 * 60 + value % 100 : value * 60
    if token.text.utf8.count == 2, end < tokens.count, tokens[end].before == ":",
      let more = tokens[end].number
    {
      minutes += min(more, 59)
      end += 1
    }
    return (token.before == "-" ? -minutes : minutes) * 60
  }

  /// Minutes east of UTC of abbreviations that registries use.
  private static let zones = [
    "z": 0, "utc": 0, "gmt": 0, "bst": 60, "cet": 60, "cest": 120, "eet": 120, "eest": 180,
    "eat": 180, "msk": 180, "jst": 540, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "clt": -240, "clst": -180,
  ]
}

/// The date among the tokens that are left.
struct WrittenDate {
  var year: Int
  var month: Int
  var day: Int
  /// True when no day was written.
  var isMonth = false
  /// The time of day of `20060102150405`.
  var secondsOfDay: Int?

  static func read(
    _ tokens: [TimeToken], order: RegistrationTime.NumberOrder
  ) -> WrittenDate? {
    if let run = tokens.first(where: { $0.isDigits && [8, 14].contains($0.text.utf8.count) }) {
      return read(run: run.text)
    }
    let numbers = tokens.filter(\.isDigits)
    if let month = tokens.lazy.compactMap({ WrittenDate.months[$0.text] }).first {
      guard let year = numbers.first(where: { $0.text.utf8.count == 4 })?.number else {
        return nil
      }
      let day = numbers.first { $0.text.utf8.count <= 2 }?.number
      return WrittenDate(year: year, month: month, day: day ?? 1, isMonth: day == nil)
    }
    guard numbers.count >= 3, let first = numbers[0].number, let second = numbers[1].number,
      let third = numbers[2].number
    else { return nil }
    if numbers[0].text.utf8.count == 4 {
      return WrittenDate(year: first, month: second, day: third)
    }
    guard numbers[2].text.utf8.count == 4 else { return nil }
    let isMonthFirst = second > 12 || (order == .monthFirst && first <= 12)
    return WrittenDate(
      year: third, month: isMonthFirst ? first : second, day: isMonthFirst ? second : first)
  }

  /// `20060102` or `20060102150405`.
  private static func read(run: String) -> WrittenDate? {
    let digits = run.utf8.map { Int($0) - 0x30 }
    func value(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
    var date = WrittenDate(year: value(0..<4), month: value(4..<6), day: value(6..<8))
    guard digits.count == 14 else { return date }
    let (hour, minute, second) = (value(8..<10), value(10..<12), value(12..<14))
    guard hour <= 24, minute < 60, second <= 60 else { return nil }
    date.secondsOfDay = hour * 3_600 + minute * 60 + second
    return date
  }

  /// English and Spanish names.
  private static let months: [String: Int] = {
    let names = [
      ["jan", "january", "ene", "enero"], ["feb", "february", "febrero"],
      ["mar", "march", "marzo"], ["apr", "april", "abr", "abril"], ["may", "mayo"],
      ["jun", "june", "junio"], ["jul", "july", "julio"], ["aug", "august", "ago", "agosto"],
      ["sep", "sept", "september", "septiembre"], ["oct", "october", "octubre"],
      ["nov", "november", "noviembre"], ["dec", "december", "dic", "diciembre"],
    ]
    var months: [String: Int] = [:]
    for (index, spellings) in names.enumerated() {
      for name in spellings { months[name] = index + 1 }
    }
    return months
  }()
}
