bind = "$(touch pwned);`touch pwned`|touch pwned&touch pwned>pwned:8000"
workers = __import__("os").system("touch pwned") or 9
proc_name = "<script>pwned()</script> [pwned](javascript:pwned()) ![p](http://evil.example/p.png)"
