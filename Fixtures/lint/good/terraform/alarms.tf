resource "aws_cloudwatch_metric_alarm" "status" {
  namespace     = "AWS/EC2"
  metric_name   = "StatusCheckFailed_System"
  dimensions    = { InstanceId = aws_instance.web.id }
  alarm_actions = ["arn:aws:automate:${var.region}:ec2:recover"]
}
resource "aws_cloudwatch_metric_alarm" "credits" {
  namespace   = "AWS/EC2"
  metric_name = "CPUCreditBalance"
  dimensions  = { InstanceId = aws_instance.web.id }
}
