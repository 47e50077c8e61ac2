<?php

use Illuminate\Support\Str;

return [

    /*
    | Default Session Driver
    */
    'driver' => env('SESSION_DRIVER', 'redis'),

    'lifetime' => env('SESSION_LIFETIME', 525600),

    'expire_on_close' => false,
];
