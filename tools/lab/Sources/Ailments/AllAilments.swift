// Every service of the lab.

let allAilments: [Ailment] = [
    .cpuLoop, .quadratic, .json, .passwordHash, .fileReads, .fsync, .dns, .syncDatabase, .threadSleep,
    .dispatchSemaphore, .contendedMutex, .swiftMutex, .hotActor, .mainActor, .eventLoop, .blockingPool, .threadChurn,
    .poolTooSmall, .poolTooLarge, .overYielding, .formatting, .bigBuffers, .taskGroup, .priorityInversion,
    .poolDeadlock, .leakedContinuation, .slowLog, .stolenCPU, .twoAilments,
    .healthyActor, .healthyBatch, .healthyBursts, .healthyBusy, .healthyIdle, .healthyOffload, .healthyPool,
    .healthySleeps, .healthyTinyTasks,
]
