namespace TrainMm.Data.Manifests.Stores;

/// <summary>How an entry's bytes are stored.</summary>
internal enum EntryCompression
{
    Stored,
    Deflated,
}

/// <summary>Where an archive keeps one file.</summary>
/// <param name="File">Which of the store's files.</param>
/// <param name="Offset">Of the content, or of a zip entry's local header.</param>
/// <param name="StoredSize">Bytes in the archive.</param>
/// <param name="Size">Bytes of the content.</param>
/// <param name="Crc">CRC-32 of the content, or null where the archive keeps none.</param>
/// <param name="Compression">How to read it.</param>
internal readonly record struct ArchiveEntry(int File, long Offset, long StoredSize, long Size, uint? Crc, EntryCompression Compression);
