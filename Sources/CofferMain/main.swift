// coffer: the administrator's command.

import CofferCommand

Command.main()
