var builder = WebApplication.CreateBuilder(args);
builder.Services.AddStackExchangeRedisCache(options => {
    options.Configuration = "redis:6379";
});
builder.Services.AddSession(options =>
{
    options.IdleTimeout = TimeSpan.FromHours(2);
    options.Cookie.HttpOnly = true;
});
