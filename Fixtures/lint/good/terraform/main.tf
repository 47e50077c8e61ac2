resource "aws_instance" "web" {
  ami           = var.ami
  instance_type = "t3.small"
  credit_specification {
    cpu_credits = "standard"
  }
  root_block_device { volume_type = "gp3" }
}
resource "aws_eip" "web" { instance = aws_instance.web.id }
