// coffer, the operator's command.

import CofferCommand

Command.main()
