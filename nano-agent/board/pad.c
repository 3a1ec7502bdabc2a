// SPDX-License-Identifier: MIT
#include "nano-agent/board/pad.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/array.h"

// The two pin multiplexers of Tegra234 (tegra234.dtsi: pinmux@2430000, pinmux@c300000).
enum { MAIN = 0x2430000, AON = 0xc300000 };

enum {
    TRISTATE = 1 << 4, // PIN_PINGROUP_ENTRY_Y in pinctrl-tegra234.c
    SFIO = 1 << 10,    // gpio_sfio_sel there
};

// The offsets are those of pinctrl-tegra234.c (tegra234_groups, tegra234_aon_groups). A GPIO line is a port and a number in
// it (gpio-tegra186.c, tegra234_main_ports and tegra234_aon_ports), with which the name of its pad ends: line 144 is PAC.06.
static const struct board_pad pads[] = {
    {"tegra234-gpio", 41, "soc_gpio19_pg6", MAIN + 0x4080},
    {"tegra234-gpio", 43, "soc_gpio21_ph0", MAIN + 0x4040},
    {"tegra234-gpio", 50, "soc_gpio41_ph7", MAIN + 0x4088},
    {"tegra234-gpio", 51, "soc_gpio42_pi0", MAIN + 0x4090},
    {"tegra234-gpio", 52, "soc_gpio43_pi1", MAIN + 0x4098},
    {"tegra234-gpio", 53, "soc_gpio44_pi2", MAIN + 0x40a0},
    {"tegra234-gpio", 85, "soc_gpio39_pn1", MAIN + 0x10020},
    {"tegra234-gpio", 96, "soc_gpio23_pp4", MAIN + 0x0020},
    {"tegra234-gpio", 105, "soc_gpio32_pq5", MAIN + 0x0068},
    {"tegra234-gpio", 106, "soc_gpio33_pq6", MAIN + 0x0070},
    {"tegra234-gpio", 108, "soc_gpio37_pr0", MAIN + 0x0080},
    {"tegra234-gpio", 112, "uart1_rts_pr4", MAIN + 0x0098},
    {"tegra234-gpio", 113, "uart1_cts_pr5", MAIN + 0x0090},
    {"tegra234-gpio", 122, "spi3_sck_py0", MAIN + 0xd030},
    {"tegra234-gpio", 123, "spi3_miso_py1", MAIN + 0xd000},
    {"tegra234-gpio", 124, "spi3_mosi_py2", MAIN + 0xd048},
    {"tegra234-gpio", 125, "spi3_cs0_py3", MAIN + 0xd010},
    {"tegra234-gpio", 126, "spi3_cs1_py4", MAIN + 0xd020},
    {"tegra234-gpio", 133, "spi1_sck_pz3", MAIN + 0xd028},
    {"tegra234-gpio", 134, "spi1_miso_pz4", MAIN + 0xd018},
    {"tegra234-gpio", 135, "spi1_mosi_pz5", MAIN + 0xd040},
    {"tegra234-gpio", 136, "spi1_cs0_pz6", MAIN + 0xd008},
    {"tegra234-gpio", 137, "spi1_cs1_pz7", MAIN + 0xd038},
    {"tegra234-gpio", 144, "soc_gpio59_pac6", MAIN + 0x18030},
    {"tegra234-gpio-aon", 0, "can0_dout_paa0", AON + 0x3010},
    {"tegra234-gpio-aon", 1, "can0_din_paa1", AON + 0x3018},
    {"tegra234-gpio-aon", 2, "can1_dout_paa2", AON + 0x3000},
    {"tegra234-gpio-aon", 3, "can1_din_paa3", AON + 0x3008},
    {"tegra234-gpio-aon", 8, "can1_stb_pbb0", AON + 0x3040},
    {"tegra234-gpio-aon", 9, "can1_en_pbb1", AON + 0x3048},
};

const struct board_pad *board_pad(const char *chip, unsigned line)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pads); i++)
        if (pads[i].line == line && strcmp(pads[i].chip, chip) == 0)
            return &pads[i];
    return NULL;
}

int board_pad_read(uint32_t address, uint32_t *value)
{
    long page = sysconf(_SC_PAGESIZE);
    int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    void *at = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, (off_t)(address & ~(uint32_t)(page - 1)));
    int rc = at == MAP_FAILED ? -errno : 0;
    if (rc == 0) {
        *value = *(volatile uint32_t *)((char *)at + (address & (uint32_t)(page - 1)));
        munmap(at, (size_t)page);
    }
    close(fd);
    return rc;
}

bool board_pad_is_gpio(uint32_t value)
{
    return !(value & SFIO);
}

bool board_pad_drives(uint32_t value)
{
    return !(value & TRISTATE);
}
