resource "aws_cloudwatch_metric_alarm" "cache_status" {
  alarm_name    = "cache"
  namespace     = "AWS/EC2"
  metric_name   = "StatusCheckFailed_System"
  dimensions    = { InstanceId = aws_instance.cache.id }
  alarm_actions = ["arn:aws:automate:eu-central-1:ec2:recover"]
}
