resource "aws_lb_target_group" "blog" {
  port     = 80
  protocol = "HTTP"
  health_check {
    path = "/up"
  }
}

resource "aws_lb_target_group" "static" {
  port     = 80
  protocol = "HTTP"
  health_check {
    path = "/"
  }
}
