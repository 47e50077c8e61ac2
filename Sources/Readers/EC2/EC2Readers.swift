/// The readers of this folder, surest marks first.
let ec2Documents: [any DocumentReader.Type] = []
let ec2Streams: [any StreamReader.Type] = []
