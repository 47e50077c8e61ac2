package main

import (
	"github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
)

func main() {
	sessionManager := scs.New()
	sessionManager.Lifetime = 12 * time.Hour
	sessionManager.Store = redisstore.New(pool)
}
