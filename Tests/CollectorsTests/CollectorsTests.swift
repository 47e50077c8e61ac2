import Testing

@testable import Collectors
