# SPDX-License-Identifier: MIT
"""The kept picture of a device with a motor."""
import screen as screens
from pictures import compare
from screen import harness, scenario, tui
from test_drive import Car, ready


@scenario(timeout=120)
def a_car_at_80x24(stage):
    broker = stage.broker()
    car = Car(broker)
    s = tui(stage, broker)
    ready(s)
    s.press('d')
    s.wait(r'steer_right +sent .* ok')
    with car.lock:
        car.motor.update(percent=40, target=60, run_ms=380, driven=True)
        car.later = lambda *args, **keywords: None  # it reports no more
        car.report()
    s.wait('40 % → 60 %')
    screens.steady(s, 0.6)
    compare(s, 'car-80x24')
    s.resize(30, 120)
    s.press('tab')
    for pattern in (r'emits +40 %', r'going to +60 %', r'w and s +60 %', r'limits +20 % to 99 %', r'runs +0\.5 s a command'):
        s.wait(pattern)
    car.close()


if __name__ == '__main__':
    harness.main()
