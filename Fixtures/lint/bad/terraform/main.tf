variable "ami" {}

resource "aws_instance" "web" {
  ami                         = var.ami
  instance_type               = "t3.small" # burstable
  associate_public_ip_address = true
  maintenance_options {
    auto_recovery = "disabled"
  }
  credit_specification { cpu_credits = "standard" }
  root_block_device {
    volume_type = "gp2"
  }
  user_data = <<-EOT
    #!/bin/sh
    resource "not" "this" {
  EOT
  tags = { Name = "web" }
}

resource "aws_instance" "cache" {
  ami           = var.ami
  instance_type = "r6gd.large"
  ephemeral_block_device {
    device_name  = "/dev/sdb"
    virtual_name = "ephemeral0"
  }
}
