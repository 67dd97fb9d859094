import ArgumentParser
import TidemarkEnrichment
import TidemarkModel

/// Values of indicators as people type them.
enum IndicatorArgument {
  /// Reads a value that may be of some types; nil is every type. Defanged values are understood
  /// and told.
  ///
  /// - Throws: `ValidationError`.
  static func key(_ text: String, oneOf types: Set<IndicatorType>? = nil) throws -> IndicatorKey {
    if let key = plain(text, types) { return key }
    if let key = quietly(text, oneOf: types) {
      StandardStreams.complain("tidemark: \(text) is taken as \(key.value)")
      return key
    }
    do throws(IndicatorFault) {
      return try IndicatorKey(oneOf: types ?? Set(IndicatorType.allCases), text)
    } catch {
      throw ValidationError("\(PrintableText.string(text)): \(error)")
    }
  }

  /// Reads a value of a list, defanged or not; nil when it is none.
  static func quietly(_ text: String, oneOf types: Set<IndicatorType>?) -> IndicatorKey? {
    try? IndicatorKey(typed: text, oneOf: types)
  }

  /// Reads a value that an action takes.
  ///
  /// - Throws: ``OperationError/notOffered(_:)`` when it is of another type, `ValidationError` when
  ///   it is of none.
  static func key(_ text: String, for action: Action, type: String?) throws -> IndicatorKey {
    let types = try types(type)
    let taken = action.accepts.intersection(types ?? action.accepts)
    if let types, taken.isEmpty, let type = types.first { throw OperationError.notOffered(type) }
    if let other = plain(text, types), !taken.contains(other.type),
      plain(RefangedValue(text).value, taken) == nil
    {
      throw OperationError.notOffered(other.type)
    }
    return try key(text, oneOf: taken)
  }

  /// The types that a word of the command line names; nil for no word.
  static func types(_ word: String?) throws -> Set<IndicatorType>? {
    guard let word else { return nil }
    let types = IndicatorType.named(word)
    guard !types.isEmpty else {
      let known = IndicatorType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--type: one of \(known)")
    }
    return types
  }

  /// Reads one of several words.
  ///
  /// - Throws: `ValidationError`.
  static func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ word: String
  ) throws -> Choice {
    guard let choice = Choice(rawValue: word) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("one of \(known)")
    }
    return choice
  }

  private static func plain(_ text: String, _ types: Set<IndicatorType>?) -> IndicatorKey? {
    IndicatorKey(plain: text, oneOf: types)
  }
}
