import ArgumentParser
import TidemarkConfiguration
import TidemarkHTTP

/// Options of `/pdns/query` for clients that were written against other servers.
struct CirclOptions: ParsableArguments {
  enum Orientation: String, ExpressibleByArgument, CaseIterable { case cof, swapped }

  @Option(
    help: ArgumentHelp(
      "Which side of a record `rrname` of /pdns/query has: cof or swapped.",
      discussion: "Only for tools made after the samples of CIRCL's version 2."))
  var circlOrientation = Orientation.cof
  @Flag(help: "An address at /pdns/query finds all records of every owner that had it.")
  var circlIPExpand = false
  @Flag(help: "Repeat rdata as rrdata in rows of /pdns/query.")
  var circlRrdata = false
  @Option(help: "Largest number in rows of /pdns/query; 2147483647 for clients with 32 bits.")
  var circlNumberMax = UInt64(Int64.max)
  @Option(help: "Most rows of a type on one side of a value at /pdns/query without pages.")
  var circlSetRows = 1_000

  func validate() throws {
    guard circlSetRows > 0 else { throw ValidationError("--circl-set-rows: 1 or more") }
    guard circlNumberMax > 0, circlNumberMax <= UInt64(Int64.max) else {
      throw ValidationError("--circl-number-max: 1 to 9223372036854775807")
    }
  }

  /// The options as a configuration file has them.
  var configuration: CollectConfiguration.Circl {
    var circl = CollectConfiguration.Circl()
    circl.isSwapped = circlOrientation == .swapped
    circl.expandsAddresses = circlIPExpand
    circl.repeatsRData = circlRrdata
    circl.numberMax = circlNumberMax
    circl.setRowsMax = circlSetRows
    return circl
  }
}

extension CollectConfiguration.Circl {
  /// As settings of a server.
  var settings: CirclSettings {
    var settings = CirclSettings()
    settings.orientation = isSwapped ? .swapped : .cof
    settings.expandsAddresses = expandsAddresses
    settings.repeatsRData = repeatsRData
    settings.numberMax = numberMax
    settings.setRowsMax = setRowsMax
    return settings
  }
}
