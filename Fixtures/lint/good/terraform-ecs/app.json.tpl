[
  {
    "name": "grocery-app",
    "image": "${docker_image_url_django}",
    "essential": true,
    "cpu": ${cpu},
    "memory": 512,
    "command": ["gunicorn", "-w", "3", "--max-requests", "500", "--max-requests-jitter", "50", "groceryhome.wsgi:application"],
    "environment": []
  }
]
