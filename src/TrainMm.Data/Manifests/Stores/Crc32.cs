namespace TrainMm.Data.Manifests.Stores;

/// <summary>CRC-32 as zip and PNG use it (polynomial 0xEDB88320), eight bytes a step.</summary>
internal static class Crc32
{
    private static readonly uint[] Tables = BuildTables();

    internal static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var tables = Tables;
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BitConverter.ToUInt32(bytes) ^ crc;
            var high = BitConverter.ToUInt32(bytes[4..]);
            crc = tables[(7 * 256) + (low & 0xFF)] ^ tables[(6 * 256) + ((low >> 8) & 0xFF)] ^ tables[(5 * 256) + ((low >> 16) & 0xFF)] ^ tables[(4 * 256) + (low >> 24)]
                ^ tables[(3 * 256) + (high & 0xFF)] ^ tables[(2 * 256) + ((high >> 8) & 0xFF)] ^ tables[256 + ((high >> 16) & 0xFF)] ^ tables[high >> 24];
        }

        foreach (var value in bytes) crc = (crc >> 8) ^ tables[(crc ^ value) & 0xFF];
        return ~crc;
    }

    // Table k is the effect of a byte that k further bytes follow.
    private static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            tables[i] = crc;
        }

        for (var i = 256; i < tables.Length; i++) tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 0xFF];
        return tables;
    }
}
