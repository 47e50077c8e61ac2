resource "aws_ecs_task_definition" "app" {
  family                   = "vimbiso-pay-${var.environment}"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = var.execution_role_arn

  container_definitions = jsonencode([
    {
      name         = "redis"
      image        = "public.ecr.aws/docker/library/redis:7-alpine"
      essential    = true
      memory       = floor(var.task_memory * 0.35)
      command      = ["redis-server", "--maxmemory", "1gb", "--latency-monitor-threshold", "100"] # no
      portMappings = [
        {
          containerPort = var.redis_port
          hostPort      = 6379
        }
      ]
    },
    {
      name    = "web"
      image   = "${aws_ecr_repository.api.repository_url}:latest"
      memory  = 256
      command = ["gunicorn", "-w", "2", "--preload", "--max-requests", "1000", "--max-requests-jitter", "100", "app:app"]
      environment = [for k, v in local.env : { name = k, value = v }]
      healthCheck = {
        command  = ["CMD-SHELL", "curl -f http://localhost:8000/health || exit 1"]
        interval = 30
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group" = "/ecs/${var.name}"
        }
      }
    }
  ])
}

resource "aws_ecs_task_definition" "two" {
  family = "two"
  container_definitions = <<EOF
[
  {
    "name": "api",
    "image": "${var.image}",
    "cpu": ${var.cpu},
    "memory": 128,
    "essential": true,
    "command": ["gunicorn", "-w", "2", "--max-requests", "500", "--max-requests-jitter", "50", "api:app"]
  }
]
EOF
}
