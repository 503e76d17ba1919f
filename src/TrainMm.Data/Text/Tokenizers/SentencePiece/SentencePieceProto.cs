namespace TrainMm.Data.Text.Tokenizers.SentencePiece;

/// <summary>What a piece of a SentencePiece model is.</summary>
internal enum PieceKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>What stands for text that no piece covers.</summary>
    Unknown = 2,

    /// <summary>A token that text never spells, such as <c>&lt;s&gt;</c>.</summary>
    Control = 3,

    /// <summary>A piece that is always kept whole.</summary>
    UserDefined = 4,

    /// <summary>A piece that is never used.</summary>
    Unused = 5,

    /// <summary>A UTF-8 byte.</summary>
    Byte = 6,
}

/// <summary>A piece, its score and its kind; its id is its place.</summary>
internal sealed record ScoredPiece(string Text, float Score, PieceKind Kind);

/// <summary>The parts of <c>sentencepiece_model.proto</c>'s <c>ModelProto</c> that tokenising depends on.</summary>
internal sealed class SentencePieceProto
{
    private const int NoId = -1;

    private SentencePieceProto()
    {
    }

    /// <summary>The pieces by id.</summary>
    public List<ScoredPiece> Pieces { get; } = [];

    /// <summary>Whether pieces are found by merging (<c>BPE</c>) rather than by the likeliest path (<c>UNIGRAM</c>).</summary>
    public bool IsBytePair { get; private set; }

    /// <summary>Whether unknown text is spelled in bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>The id of the unknown piece.</summary>
    public int UnknownId { get; private set; }

    /// <summary>The id of BOS, or −1.</summary>
    public int BeginId { get; private set; } = 1;

    /// <summary>The id of EOS, or −1.</summary>
    public int EndId { get; private set; } = 2;

    /// <summary>The id of PAD, or −1.</summary>
    public int PaddingId { get; private set; } = NoId;

    /// <summary>The compiled character map; empty for none.</summary>
    public byte[] CharacterMap { get; private set; } = [];

    /// <summary>Whether a space is put before the text.</summary>
    public bool AddDummyPrefix { get; private set; } = true;

    /// <summary>Whether runs of spaces count as one and those round the text as none.</summary>
    public bool RemoveExtraSpaces { get; private set; } = true;

    /// <summary>Whether spaces are shown as ▁.</summary>
    public bool EscapeSpaces { get; private set; } = true;

    /// <summary>The spelling of an id, or null for −1 and other ids that are none.</summary>
    public string? TextOf(int id) => (uint)id < (uint)Pieces.Count ? Pieces[id].Text : null;

    /// <summary>Reads a model.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such model.</exception>
    public static SentencePieceProto Read(ReadOnlySpan<byte> bytes)
    {
        var model = new SentencePieceProto();
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    model.Pieces.Add(ReadPiece(reader.Payload));
                    break;
                case 2:
                    model.ReadTrainer(reader.Payload);
                    break;
                case 3:
                    model.ReadNormalizer(reader.Payload);
                    break;
            }
        }

        return model.Pieces.Count > 0 ? model : throw new InvalidDataException("it has no pieces");
    }

    private static ScoredPiece ReadPiece(ReadOnlySpan<byte> bytes)
    {
        var (text, score, kind) = (string.Empty, 0f, PieceKind.Normal);
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    text = reader.Text;
                    break;
                case 2:
                    score = reader.Single;
                    break;
                case 3:
                    kind = (PieceKind)reader.Integer;
                    break;
            }
        }

        return new ScoredPiece(text, score, kind);
    }

    private void ReadTrainer(ReadOnlySpan<byte> bytes)
    {
        const int Unigram = 1;
        const int BytePair = 2;
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 3:
                    IsBytePair = reader.Integer == BytePair;
                    if (reader.Integer is not (Unigram or BytePair))
                    {
                        throw new InvalidDataException("it is neither a BPE nor a unigram model");
                    }

                    break;
                case 24 when reader.Flag:
                    throw new InvalidDataException("spaces that end a word (treat_whitespace_as_suffix) are not supported");
                case 35:
                    ByteFallback = reader.Flag;
                    break;
                case 40:
                    UnknownId = reader.Integer;
                    break;
                case 41:
                    BeginId = reader.Integer;
                    break;
                case 42:
                    EndId = reader.Integer;
                    break;
                case 43:
                    PaddingId = reader.Integer;
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 2:
                    CharacterMap = reader.Payload.ToArray();
                    break;
                case 3:
                    AddDummyPrefix = reader.Flag;
                    break;
                case 4:
                    RemoveExtraSpaces = reader.Flag;
                    break;
                case 5:
                    EscapeSpaces = reader.Flag;
                    break;
            }
        }
    }
}
