[
  {
    "name": "grocery-app",
    "image": "${docker_image_url_django}",
    "essential": true,
    "cpu": ${cpu},
    "memory": 512,
    "command": ["gunicorn", "-w", "3", "-b", ":8000", "groceryhome.wsgi:application"],
    "environment": []
  }
]
