include $(sort $(wildcard $(BR2_EXTERNAL_FACESTYLE_PATH)/package/*/*.mk))
