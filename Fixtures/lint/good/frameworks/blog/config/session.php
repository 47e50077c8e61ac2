<?php

use Illuminate\Support\Str;

return [

    /*
    | Default Session Driver
    */
    'driver' => env('SESSION_DRIVER', 'redis'),

    'lifetime' => env('SESSION_LIFETIME', 120),

    'expire_on_close' => false,
];
