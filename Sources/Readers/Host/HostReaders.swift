/// The readers of this folder, surest marks first.
let hostDocuments: [any DocumentReader.Type] = [
  CollectionManifestReader.self, ConsoleOutputReader.self, CaptureTimeReader.self,
  ReachabilityReader.self, VmstatReader.self, SysstatReader.self,
  UptimeReader.self, MeminfoReader.self, FreeReader.self, PressureReader.self,
  CgroupMemoryReader.self, SysctlReader.self, CPUCountReader.self,
  DiskSpaceReader.self, NetworkReader.self,
]
let hostStreams: [any StreamReader.Type] = [KernelLogReader.self, SystemLogReader.self]
