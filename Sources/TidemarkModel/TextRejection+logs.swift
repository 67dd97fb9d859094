/// Reasons of logs that hold many records a line.
extension TextRejection {
  /// The feed says that there is such a record, and gives none or not enough of its data.
  public static let noRData = TextRejection(.dropped, "no-rdata")
  /// More records in one line than a DNS message can hold.
  public static let tooManyRecords = TextRejection(.malformed, "too-many-records")
  /// A line of columns whose names were not told before it.
  public static let noHeader = TextRejection(.malformed, "no-header")
  /// A line with other than the announced number of columns.
  public static let fieldCount = TextRejection(.malformed, "field-count")
}
