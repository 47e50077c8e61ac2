/// Facts that the EC2 readers record.
let ec2Facts: [FactGroup] = []
