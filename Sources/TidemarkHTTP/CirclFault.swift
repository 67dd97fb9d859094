import TidemarkQuery

/// Why a request of the CIRCL or D4 interface cannot be read.
enum CirclFault: Error, Equatable {
  /// A percent sign in the value without two digits behind it.
  case escape
  /// Control octets in the value, or no UTF-8.
  case notText
  /// The value is no name, address, network or rdata.
  case value(LookupValueError)
  /// `dribble-paginate-count` is no number from 1 on.
  case count
  /// `dribble-paginate-cursor` without a count.
  case cursorAlone
  /// `dribble-paginate-cursor` is no number.
  case cursor
}
