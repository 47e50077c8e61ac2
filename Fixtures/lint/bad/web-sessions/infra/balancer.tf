resource "aws_lb_target_group" "blog" {
  port     = 80
  protocol = "HTTP"
  health_check {
    path     = "/"
    interval = 10
  }
}
