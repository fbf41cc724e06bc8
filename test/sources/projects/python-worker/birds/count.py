import time

import schedule


def count():
    print("counted the birds")


schedule.every(1).seconds.do(count)
while True:
    schedule.run_pending()
    time.sleep(0.2)
